"""The pretrained backbone, on which every model of the studio stands: as numbers, in PyTorch, as an ONNX graph."""
