"""What a proposed rule would change for people, beside what is live.

``sides`` says whom the live version and the proposal are for, ``asking`` what is asked of
everybody, ``twice`` decides both worlds in one pass over the snapshot, ``grants`` tells who gets
what in them, ``counting`` adds up, ``words`` gives a person's reason, ``traffic`` looks at the
days to come, and ``measuring`` is the door.
"""
