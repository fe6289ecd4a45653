from tests.rooms.intake.desk import desk as desk
from tests.rooms.patient.conftest import april as april
from tests.rooms.patient.conftest import patient_id as patient_id
