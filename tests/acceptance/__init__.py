"""The product from outside: real servers, real workers, real repositories."""
