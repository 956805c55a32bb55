"""Block Kit as strict as Slack takes it: every block, element and composition object down to the last one."""
