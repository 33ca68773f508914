"""What is asked and answered, told to a reader of dnstap."""
