declare module 'jstat' {
  const jStat: {
    readonly studentt: {
      /** The value that a t-distributed number of `degrees` of freedom stays below with this probability. */
      inv(probability: number, degrees: number): number;
    };
  };
  export default jStat;
}
