from tests.rooms.intake.desk import desk as desk
