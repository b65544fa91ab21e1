namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>What may be delivered. Granted by the one who reads requests, spent by the one who delivers.</summary>
internal sealed class Credits
{
    private const long Most = long.MaxValue / 2; // more than anybody spends

    private readonly Lock _lock = new();
    private long _messages, _bytes;

    /// <summary>Adds to what is left.</summary>
    public void Grant(ulong messages, ulong bytes)
    {
        lock (_lock)
            (_messages, _bytes) = (Add(_messages, messages), Add(_bytes, bytes));
    }

    /// <summary>Takes off what was delivered. One message may be larger than what was left.</summary>
    public void Spend(long messages, long bytes)
    {
        lock (_lock)
            (_messages, _bytes) = (_messages - messages, _bytes - bytes);
    }

    /// <summary>What the next delivery may have; nothing unless there is something of both.</summary>
    /// <param name="mostMessages">Of one delivery.</param>
    /// <param name="mostBytes">Of one delivery.</param>
    public (uint Messages, int Bytes) Left(uint mostMessages, int mostBytes)
    {
        lock (_lock)
            return _messages <= 0 || _bytes <= 0 ? (0, 0) : ((uint)Math.Min(_messages, mostMessages), (int)Math.Min(_bytes, mostBytes));
    }

    private static long Add(long left, ulong granted) => granted >= Most ? Most : Math.Min(Most, left + (long)granted);
}
