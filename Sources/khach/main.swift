print("khach")
