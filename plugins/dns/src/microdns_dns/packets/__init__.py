"""The packet cache: answers of the plan that are given again, whole, to who asks the same."""
