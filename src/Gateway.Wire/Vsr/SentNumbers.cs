using System.IO.Hashing;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The newest numbered sends and changes of offsets of one 0.11.0 session, so that one that is asked again is answered and not carried out again.</summary>
/// <remarks>Only the release of the Rust SDK gives each of them a number of its own; its pre-releases and the other SDKs of the line use one for several. So it is
/// kept for that release alone, and a repeat has to have the same bytes too. As upstream a repeat is answered without a confirmation.</remarks>
internal sealed class SentNumbers
{
    /// <summary>Numbers that are remembered.</summary>
    public const int MaxEntries = 1024;

    // Of a send that is all but its messages: the head of its batch has a checksum of them.
    private const int PrintedBytes = 1024;

    private readonly Dictionary<ulong, SentNumber> _known = [];
    private readonly Queue<ulong> _order = new();

    /// <summary>Whether the client that logs in gives each send its own number.</summary>
    public static bool AreOf(in RegisterRequest login) => login.SdkName == "rust-sdk" && login.SdkVersion.StartsWith("0.11.", StringComparison.Ordinal) && !login.SdkVersion.Contains('-');

    /// <summary>What became of the same request before; null when it was not asked, or too long ago.</summary>
    public SentNumber? Find(ulong number, ReadOnlySpan<byte> body) => _known.TryGetValue(number, out var known) && known.Print == PrintOf(body) ? known : null;

    /// <summary>Remembers one that was carried out, or may have been.</summary>
    public void Note(ulong number, ReadOnlySpan<byte> body, bool isUnknown)
    {
        if (!_known.ContainsKey(number))
            _order.Enqueue(number);
        _known[number] = new SentNumber(PrintOf(body), isUnknown);
        if (_order.Count > MaxEntries)
            _known.Remove(_order.Dequeue());
    }

    private static ulong PrintOf(ReadOnlySpan<byte> body) => XxHash3.HashToUInt64(body[..Math.Min(body.Length, PrintedBytes)], seed: body.Length);
}

/// <summary>One of them.</summary>
/// <param name="Print">Of its bytes.</param>
/// <param name="IsUnknown">Nobody knows what became of it.</param>
internal readonly record struct SentNumber(ulong Print, bool IsUnknown);
