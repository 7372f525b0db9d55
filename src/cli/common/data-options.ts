/** What a person may name as data, for the help of every command. */
export const DATA_HELP =
  'mnist, cifar10, lfw-gender, digits, or a folder of idx files or of one folder of images (PNG, JPEG) a class';
export const DATA_DIR_HELP = 'where the files of a named data set lie [PAREDOWN_DATA, else downloaded]';
export const SIZE_HELP = 'height and width to which the images of lfw-gender or of a folder are resized';
