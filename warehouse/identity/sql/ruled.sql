SELECT a, b FROM rulings WHERE action = $action
