"""The planner that asks a model: any server that speaks OpenAI's chat completions."""

from agent.planners.openai.planner import OpenAIPlanner

__all__ = ["OpenAIPlanner"]
