namespace Iggy.Ui.Messages;

/// <summary>The newest messages of a tail: so many, and so many bytes of them, whatever comes.</summary>
internal sealed class TailBuffer
{
    /// <summary>Messages that are kept.</summary>
    public const int MostMessages = 200;

    /// <summary>Bytes that are kept.</summary>
    public const int MostBytes = 512 * 1024;

    private readonly LinkedList<ConsoleMessage> _messages = new();
    private long _bytes;

    /// <summary>The messages, newest first.</summary>
    public IEnumerable<ConsoleMessage> Messages => _messages;

    /// <summary>How many there are.</summary>
    public int Count => _messages.Count;

    /// <summary>Bytes that they hold.</summary>
    public long Bytes => _bytes;

    /// <summary>Messages that came since the beginning and were shown.</summary>
    public ulong Shown { get; private set; }

    /// <summary>Messages that came too fast to be looked at.</summary>
    public ulong LeftOut { get; private set; }

    /// <summary>Messages that were looked at and not wanted.</summary>
    public ulong Unwanted { get; private set; }

    /// <summary>Takes one in; the oldest go.</summary>
    public void Add(ConsoleMessage message)
    {
        _messages.AddFirst(message);
        _bytes += SizeOf(message);
        Shown++;
        while (_messages.Count > MostMessages || (_bytes > MostBytes && _messages.Count > 1))
        {
            _bytes -= SizeOf(_messages.Last!.Value);
            _messages.RemoveLast();
        }
    }

    /// <summary>Counts what was jumped over.</summary>
    public void LeaveOut(ulong count) => LeftOut += count;

    /// <summary>Counts one that does not fit the filter.</summary>
    public void Refuse() => Unwanted++;

    /// <summary>Empties it and begins to count anew.</summary>
    public void Clear()
    {
        _messages.Clear();
        (_bytes, Shown, LeftOut, Unwanted) = (0, 0, 0, 0);
    }

    private static int SizeOf(ConsoleMessage message) => message.Payload.Length + message.RawHeaders.Length;
}
