export async function complexityCommand(): Promise<number> {
  return 0;
}
