def show(a, b, c):
    pass
