/**
 * Small JPEG files and their pixels, 19 x 13, as Pillow 12.3 writes and reads them (libjpeg-turbo 3.1, accurate integer transform,
 * smooth upsampling). All of it is integer arithmetic, so that another build of libjpeg gives the same bytes.
 */
const base64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** Sequential, colour at half the rows and columns (4:2:0). */
export const BASELINE_JPEG = {
  file: base64(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//' +
      '2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAANABMDASIAAhEBAxEB/8QA' +
      'FgABAQEAAAAAAAAAAAAAAAAABQAE/8QAJRAAAAQFAgcAAAAAAAAAAAAAAAQFEQECAxMiBjESFCEjYZLS/8QAFgEBAQEAAAAAAAAAAAAAAAAABQQG/8QAHhEA' +
      'AQQCAwEAAAAAAAAAAAAAAQADBAUCERIhQZH/2gAMAwEAAhEDEQA/ABSiXtiGiiazYhYsTp9BjOL1NNUapTkrltsrrO8IR2byF5li6ScW+yoamU6/lxbGytUq' +
      'djDEQOl1Qe4Ydgp6TfQgEbGVtbAR5WvPq//Z',
  ),
  pixels: base64(
    'BQD+CgP/Egr9GRH4IBbwKRvqNyDqQyPqUiPvYSPwdCfzhCnylCrwoS7tsDTuvDbtzDbw1zny3Dz2CQv+DhH/Fhj/Hh76JiLyMiftPyvuTCzvWy3yai30fTH2' +
      'jTP1mzXxqjjvtj7uw0Du0ETv2Ubv4Er0CSL7Dyf7GC36IjL3LTXwOTjsSTzuWDzxZjz1dzz2hz/4mUH3pkTxs0btwEzrylLo0lfm2Vrl31/qBzfzDjz0GULy' +
      'JEbwMEfrPUnpTkztXkzubkvwfEvyj070nVHvq1Lotljiwl3dzGPa1GjV2m7U4XHXAUzlB1HmFFboIFnmL1viPlziUV3lYV3ocFrpgFvpkV7nnmHgqWXWtGrN' +
      'vXHJyHbC1nq933y85oG9AGLhBmbhEmvjIG3hL2/dP2/dUnDgY3DicW7hgG/fj3PZm3fPpXzCroG4t4mww4yr1I6m35Cl5pWmAHbkBnvlFIDlIYLhMITeP4Xb' +
      'UobcYobccIbZfofSi43Kl5G9npatpp2grqSYuqiSzqiR26mS4a2VAIbpCIrqE4/nIJPkLpTePZbYT5nYXpvUa5rOd5zGhKK6kKetl6ybn7SNp7yDs71+y7yD' +
      '172E3sGJCJj4DZ32GaLzIqXrLqfgOqnXSqzTWa7LarXKZqavh7+2kcKlmsaTp9KLq9Z9rs1wx8x608x82dCBCKP9Dqn8Fq/1IbPsK7bfNrnVRb3NU77EbMvH' +
      'br+wgcapiMOVjsF/os9+sdp6w9t52dF86dCA8NODDbT/Ebn/GsD6IsXuLMjfOM3TR9DJVdLCYc22eNGzjdOuqN6ts9ufxeCZ0OOS5t2O/82O/8mR/82UEMb/' +
      'Fsr/HdP7JdjuLtzdOuHQSuPHXOPCfu7KmO/Mj8upstSxw82o2tGo4Mmd+cCVlScGrSMGtCcJENT/Ftr/HeL1JennLe3WO+/ITvHCYu6/deK5fcipMVZERUU9' +
      'WTU3fz1HjzlGrjZCxyAn3B4g5CIj',
  ),
};

/** Sequential, colour at half the columns (4:2:2), a restart marker after each unit. */
export const RESTARTS_JPEG = {
  file: base64(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//' +
      '2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAANABMDASEAAhEBAxEB/8QA' +
      'FwABAQEBAAAAAAAAAAAAAAAABQACBP/EACUQAAAEBQIHAAAAAAAAAAAAAAAEBREBAgMTIgYxEhQhI2GS0v/EABcBAAMBAAAAAAAAAAAAAAAAAAMFBgT/xAAg' +
      'EQAABAcBAQAAAAAAAAAAAAAAAQQRAgMFEiExkdFB/90ABAAB/9oADAMBAAIRAxEAPwAUol7Yhooms2Ip1q236BoVWh//0FJU7GGIhqOqZ2HpKMD/0VixOn0H' +
      'GcXqaao1SnJXLbZXWd4Qjs3kHWXTozhdsBRQpUSqZY7Ycf/S3Lqg9ww7BT0m+hBQaeF9n0vBUFSpLbPpeD//2Q==',
  ),
  pixels: base64(
    'AAH+BwT/Fgb/Jgj/Mwj/QQr/Tw//WRL/YRj/bRv8eyH8iyP8mSX6qSb9uiv/xi3/0DD/2jP/3jj/AhD3CxP6Ghb/KRf/Nxf+Rxr9Uh/6XiH4ZifycSrwgDHv' +
      'jjTunTXurTfvvDryyDzz1UDy3UL14kj2BSbvDinyHCz1LC71Oi70SS/yVTXuYTjqaT7mdELjgkffkEren0verkzdvVDhzFLh1lbe4Fje5V7fAznxDDz0HED2' +
      'K0H2OELyR0PvVEntYE3nZ1HgcVbbf1vZjl7Wm1/Rq2HSumPUyGbT1WnO4GzN5HHOAEn2CU36GFD7J1H7NlP3Q1XzUVvuXGDoYmTfbmfZem3WiW/Sl3DNpnHN' +
      'tXTOwnfK0nvC3H2/4oLBAF74B2D6FmT8JWX6NGf2QmrwUHDrWnTlYHjabHzUeIHMhoPIlITCo4XBsYjCwIq80I6y25Cu4JavAXPvCnbyGnryKHvxN33sRYDm' +
      'UoXgXIrXY4/ObpLGepi+iZq4lZmypJuws56vwaCp1KOc36WX5KuYBYPnD4bqHYrpLYzoO43jSo/cVpbWYprNaJ7CcqK5f6exjKqsmaqkqKuitq6hxa+a17SM' +
      '5LWH6buJCZvmDZ7tE6P5G6b5KKfsOanbTq3DYa62drO2caKpjbnGl7nFn7y4ssatvsmPv8N3zMp11M112dJ3D6LvFKf1Gqv+IrD8LLPrOLfXSr67V8GqcM6s' +
      'bsKgfsesgsOjh8GRm9CIrd5zvuFpzttl3Ntn4uBpDrb0Fbj5H7z/Kb/6MMXmOc3PQtayTt2fVtqRa92VgdyfmuaopOSYse2Lt/Zxw/hf1vJP4/NK6PhNBNLq' +
      'DdPwINL2LNTxNNjhO+HLQuyuT/Cgbvyqjvm1js2itdK0xcyq1tSj0tWE98KQugs05QBQ6gBSAOvbAeviG+XpLuTnOOfaQezIRPmyVPmqaeyqfsilRkhUZi9Z' +
      'ex5TmC1bmTNJrDc9vyUl0iMg1yki',
  ),
};

/** Progressive, all colour (4:4:4). */
export const PROGRESSIVE_JPEG = {
  file: base64(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//' +
      '2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAANABMDAREAAhEBAxEB/8QA' +
      'FgABAQEAAAAAAAAAAAAAAAAABAMB/8QAFwEBAQEBAAAAAAAAAAAAAAAABAUCBv/aAAwDAQACEAMQAAABFZM0jVGVu+ZiWzM1L//EABkQAAMBAQEAAAAAAAAA' +
      'AAAAAAACAwETFP/aAAgBAQABBQJZCzOYqYPfJ09Tn//EABkRAAMBAQEAAAAAAAAAAAAAAAABAgMEEf/aAAgBAwEBPwGNSNBaGds5sHcqvRcsH//EABoRAAMB' +
      'AQEBAAAAAAAAAAAAAAABAgMRBBT/2gAIAQIBAT8BvUv0H1GtscOp70eaP//EABsQAAIBBQAAAAAAAAAAAAAAAAACEQESIDFh/9oACAEBAAY/AsKrZMdNKf/E' +
      'AB0QAAECBwAAAAAAAAAAAAAAAAABYRARITFxwdH/2gAIAQEAAT8haGxKLQGVICSda9P/2gAMAwEAAgADAAAAECUhf//EAB0RAAAGAwEAAAAAAAAAAAAAAAAB' +
      'EBEhYTFxkdH/2gAIAQMBAT8QS4UELL1ewyyfS8H/xAAdEQACAgEFAAAAAAAAAAAAAAAAAREhMUFhodHh/9oACAECAQE/EICDUdsigvVTt6SMvjo//8QAGhAA' +
      'AgMBAQAAAAAAAAAAAAAAABEBITFBYf/aAAgBAQABPxDIKQpCocDzi3ETi9EBz//Z',
  ),
  pixels: base64(
    'AAP1Bgf4Ewr5IQ34Lw71PRDzSxT1VBj2ZRX/bRn/fB//iyL/mSP/qCb/tyz/wC//0DD/2DT/4jf/AhD5CRT8Fxj8JRr6Mxv3QR72TiH2VyX4aSX0cin1gS74' +
      'jzH3njPzrTbyuzv0wz731UD03EPz50fzBSP9Dif+Giv9KS78Ni/3RTH0UTb1Wjr3bTzmdz/og0Xok0fnoknjr0vfvVDhxlXj1lbe31nc6VzcAzj6DDv7GUH7' +
      'KEL3NETyQ0XvUEvvWU/wbE/fdVLggljgklvdnlzXrl/UumTTxGjV1GrM3W7N53DKAEr1B072FVP0I1bwMljrP1rlTV/lVWTlaWHbcmTdgGndjWzXm23QqHDL' +
      'tnTLvnnM0Xy/2H+/4oO9AF/0BmLzFGfxIWrrMGzkPW/eS3TdU3neaHXVcnjWf3zTjH/OmoHFp4PAtIi9vIy+z5Ct1ZOu4JerAXL2CXb1F3vzJH7sM4HlQYTf' +
      'TojcV4zcbYvHdY7HgpLFkJW9nJW0qpmst52qv6Gp0aaW2KmX462VBX/6D4P6Goj3KozxNo7oRZDhUpbdW5rfcpu7ep25hqK3lKWvoKamr6ieuq2cwrCa1baH' +
      '3bmF57yFBJr5DJ34GqHyKKPnNqPbRKXQUarKWq7KdLO8UbWdlLyih8idmMShzLqmuMqa1bWGyc5q0NFr29RpAqf3C6v1Ga7wKLHlNrLYRLTMUbjHWbvEfMLK' +
      'YMWzlrupgcaZhMOMtMOMpN+BzNd50dSD2deC5NuAArz1CsDyGMTsJsbgNMbTQ8nIT83BWNG+ZM2vY9yzocmvneOtm+iavueJpP92yfNr2PJJ3/VI6vlIAdLz' +
      'CdXwGNnqJdveNNzNQt/CTuO5WOe5Rv91Vv+KhNp5ju+EjvNvsPRfk/9KuvBE2QA/4AA+6wE8Ad/0CuPyF+fpJurcNOvMQu6+T/O2V/azgd6xi7zDiR2DjhGJ' +
      'kA13vxR0ryBv4xB3xx04ziA32SQ1',
  ),
};

/** One component. */
export const GREY_JPEG = {
  file: base64(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//' +
      'wAALCAANABMBAREA/8QAFwABAAMAAAAAAAAAAAAAAAAABQIDBP/EACUQAAAEBQIHAAAAAAAAAAAAAAAEBREBAgMTIgYxEhQhI2GS0v/aAAgBAQAAPwAUol7Y' +
      'hooms2IUlTsYYiRYnT6DGcXqaao1SnJXLbZXWd4Qjs3kUS6oPcMOwU9Jvof/2Q==',
  ),
  pixels: base64(
    'HSIoLjI3PkNITVVbYGZuc3h9gSYrMjc7QUdMUVZeZGlvdnuBhYozOD5ESE1UWV5janB1eoGHjJCVPkNKT1NYX2RobXR6foSKkJWankdMU1hdYmlucXZ9goaL' +
      'kpedoaZTV15jaG10eXyBh4yQlZugpqqvX2RrcHV6gIWJjZOYm6Cmq7G1umludHp+g4qPkpacoaSpr7O6vsN4fIKGiY2TmKGUrbCzvb+5wcXKf4SJjpGVm5+u' +
      'pa6sqrjDycrO04uPlZmcoaarqrO6yMjQ1NfX2+CXm6GlqK2yt8jRtcbGz8vMRElOn6SprrG1u7+9rklEQFJUW1NXXA==',
  ),
};

/** Four components. */
export const CMYK_JPEG = {
  file: base64(
    '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwBQNzxGPDJQRkFGWlVQX3jIgnhubnj1r7mRyP///////////////////////////////////////////////////8AA' +
      'FAgABAAEBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAIE/8QAGhAAAwEAAwAAAAAAAAAAAAAAAAECAwQRM//aAA4EQwBNAFkASwAAPwB8fyQq' +
      'iZfSlC11udGky0//2Q==',
  ),
};

/** A segment of a JPEG file: its marker, its length and its data. */
export function segment(marker: number, data: ArrayLike<number>): number[] {
  const length = data.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...Array.from(data)];
}

/** A file with further segments behind its first marker. */
export function withSegments(file: Uint8Array, ...segments: (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...file.subarray(0, 2), ...segments.flat(), ...file.subarray(2)]);
}

/** The segment APP1 with Exif data. */
export const exifSegment = (exif: Uint8Array) => segment(0xe1, [...Buffer.from('Exif\0\0', 'latin1'), ...exif]);
