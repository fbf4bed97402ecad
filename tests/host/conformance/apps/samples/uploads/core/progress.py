class Progress:
    def update(self, stage, percent):
        raise NotImplementedError
