"""Hall files: read and checked as a whole, watched for edits, turned into what each agent is to probe."""
