-- Live rules are decided on too, so that staged ones meet them; their messages are not staging's to send.
DELETE FROM intents WHERE cycle_id = $cycle_id AND policy_key NOT IN (SELECT policy_key FROM keys_decided WHERE since IS NOT NULL)
