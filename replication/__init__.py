"""The only shared ground of the two servers: what travels, and how it stays exact.

Down the WAN go the directory's pages as LTX files (`ltx`, `manifest`, `plan`, `position`, and the
mirror and applier in `adapters`). Up goes the journal (`journal`, `entry_bodies`, `watermark`,
`exchange`). Sideways go the registers (`registers`, `adapters.crsqlite`). `messages` is the
language of the link.
"""
