namespace Iggy.Gateway.Http;

/// <summary>A send as its document shows it; it is read by <c>SendBodyReader</c>, which knows more forms.</summary>
internal sealed record SendShape(PartitioningShape Partitioning, MessageShape[] Messages, ContextJson? Context = null);

/// <summary>How the partition is chosen: <c>balanced</c>, <c>partition_id</c> with 4 little-endian bytes, or <c>messages_key</c> with 1 to 255; in Base64.</summary>
internal sealed record PartitioningShape(string Kind, string Value);

/// <summary>A message to send: a number or 32 hexadecimal digits as id, or none; Base64 as payload.</summary>
internal sealed record MessageShape(string Payload, string? Id = null, UserHeaderShape[]? UserHeaders = null, NewMessageHeaderShape? Header = null);

/// <summary>What else a message may bring: the id in another place, and the time it was made, in microseconds since the Unix epoch.</summary>
internal sealed record NewMessageHeaderShape(string? Id = null, ulong OriginTimestamp = 0);

/// <summary>A user header.</summary>
internal sealed record UserHeaderShape(UserHeaderFieldShape Key, UserHeaderFieldShape Value);

/// <summary>A key or value: the kind's name, and its little-endian bytes in Base64.</summary>
internal sealed record UserHeaderFieldShape(string Kind, string Value);

/// <summary>What a poll found, as its document shows it; it is written by <c>PollReplyWriter</c>.</summary>
internal sealed record PollShape(uint PartitionId, ulong CurrentOffset, uint Count, ContextJson Context, PolledMessageShape[] Messages);

/// <summary>A message that was polled.</summary>
internal sealed record PolledMessageShape(MessageHeaderShape Header, string Payload, UserHeaderShape[] UserHeaders);

/// <summary>The header of a message; the id has up to 39 digits.</summary>
internal sealed record MessageHeaderShape(
    ulong Checksum, decimal Id, ulong Offset, ulong Timestamp, ulong OriginTimestamp, uint UserHeadersLength, uint PayloadLength, ulong Reserved);
