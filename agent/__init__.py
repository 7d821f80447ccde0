"""The LangGraph graph: prompt → checked artifact → answer or human approval."""
