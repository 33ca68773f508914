from typing_extensions import Buffer

def give_memory_back() -> None: ...

class ImageData(Buffer):
    octets: int
    slots: int
    names: int
    cuts: int
    @staticmethod
    def empty(octets: int, slots: int, names: int, cuts: int) -> ImageData: ...
    def place_again(self) -> None: ...
