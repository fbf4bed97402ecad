ECHO_ORCHESTRATION = "echo_orchestration"
ECHO_ACTIVITY = "echo_activity"
