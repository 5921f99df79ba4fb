print("khachd")
