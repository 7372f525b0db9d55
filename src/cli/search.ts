export async function searchCommand(): Promise<number> {
  return 0;
}
