from dataclasses import dataclass


@dataclass
class EchoRequest:
    words: list
    times: int = 1

    @staticmethod
    def to_json(request):
        return {"words": request.words, "times": request.times}

    @staticmethod
    def from_json(data):
        return EchoRequest(**data)
