"""Old evidence judged again, with one more thing of the later run each time: so causes are established. Pure."""

from auditor.rejudge.fleet import Voices, fleet_grounds, lone_voice, voices
from auditor.rejudge.servers import server_grounds
from auditor.rejudge.stages import Pair

__all__ = ["Pair", "Voices", "fleet_grounds", "lone_voice", "server_grounds", "voices"]
