import type { ExportFormatName } from 'paredown';

export type FormatName = ExportFormatName;

/** What a person should know of each format, in the order in which the page shows them. The files themselves are the package's (`exportFormats`). */
export const FORMATS: Readonly<Record<FormatName, { readonly title: string; readonly use: string }>> = {
  html: {
    title: 'A page',
    use: 'One HTML file for any browser: opened from disk or sent by mail, it classifies by itself, without WebGPU and without a network connection.',
  },
  safetensors: {
    title: 'safetensors',
    use: 'All of it, to go on with: paredown predict FILE image.png, or load it here. The weights can be read by NumPy and PyTorch (safetensors.numpy.load_file).',
  },
  onnx: {
    title: 'ONNX',
    use: "Python: onnxruntime.InferenceSession(FILE).run(None, {'input': pixels}), pixels [N, height, width, channels] as float32.",
  },
  tflite: {
    title: 'TensorFlow Lite',
    use: 'Phones and microcontrollers, by LiteRT: Interpreter(model_path=FILE), one image [1, height, width, channels] at a time.',
  },
  c: {
    title: 'C',
    use: 'Any C99 compiler: a header, a source and a program that tests them (cc *.c && ./a.out prints ok); its header says how to call it.',
  },
  compressed: {
    title: 'compressed',
    use: 'The fewest bytes, to keep or to send: paredown predict FILE image.png, paredown export FILE --to c, or load it here.',
  },
};

export const formatNames = Object.keys(FORMATS) as FormatName[];
