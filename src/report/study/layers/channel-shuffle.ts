import type { ChannelShuffleLayer } from '../../../model/layers/channel-shuffle.ts';

export function channelShuffleText({ groups }: ChannelShuffleLayer): string {
  return `${groups} groups`;
}
