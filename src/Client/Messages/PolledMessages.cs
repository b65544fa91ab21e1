using System.Collections;
using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client;

/// <summary>The messages of one poll, in offset order, in one pooled buffer. Dispose it once done: after that no message of it may be touched.</summary>
public sealed class PolledMessages : IEnumerable<PolledMessage>, IDisposable
{
    private readonly Reply _reply;

    /// <summary>Takes the reply over once it is proven to be whole.</summary>
    /// <exception cref="IggyException">It is not; the reply still belongs to the caller.</exception>
    internal PolledMessages(Reply reply)
    {
        Replies.Check(PollMessagesReply.TryRead(reply.Payload.Span, out var poll), CommandCode.PollMessages);
        IsOfNoPartition = poll.PartitionId == VsrPollReply.NotOwned;
        (_reply, PartitionId, CurrentOffset, Count) = (reply, IsOfNoPartition ? 0 : poll.PartitionId, poll.CurrentOffset, (int)poll.MessagesCount);
    }

    /// <summary>A decrypted copy; this one still belongs to the caller.</summary>
    /// <exception cref="IggyException"><see cref="IggyError.CannotDecryptData"/>.</exception>
    internal PolledMessages Decrypt(MessageCipher cipher)
    {
        var plain = cipher.Decrypt(_reply);
        try
        {
            return new(plain);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    /// <summary>The partition that was read.</summary>
    public uint PartitionId { get; }

    /// <summary>Whether a member of a group asked that owns no partition: nothing was read.</summary>
    internal bool IsOfNoPartition { get; }

    /// <summary>Offset of the partition's last message at the time of the poll; 0 when it is empty.</summary>
    public ulong CurrentOffset { get; }

    /// <summary>Messages here.</summary>
    public int Count { get; }

    /// <summary>Walks the messages without allocating.</summary>
    /// <exception cref="ObjectDisposedException">The buffer went back to the pool.</exception>
    public Enumerator GetEnumerator() => new(_reply.Payload[PollMessagesReply.HeadSizeInBytes..]);

    /// <inheritdoc/>
    IEnumerator<PolledMessage> IEnumerable<PolledMessage>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Gives the buffer back; again does nothing.</summary>
    public void Dispose() => _reply.Dispose();

    /// <summary>Walks messages by their lengths, which were proven before.</summary>
    public struct Enumerator : IEnumerator<PolledMessage>
    {
        private readonly ReadOnlyMemory<byte> _all;
        private ReadOnlyMemory<byte> _left;

        internal Enumerator(ReadOnlyMemory<byte> messages) => (_all, _left) = (messages, messages);

        /// <summary>The message come to.</summary>
        public PolledMessage Current { get; private set; }

        /// <inheritdoc/>
        readonly object IEnumerator.Current => Current;

        /// <summary>Goes to the next message.</summary>
        public bool MoveNext()
        {
            if (_left.IsEmpty)
                return false;
            var bytes = (int)ClassicMessageHeader.At(_left.Span).MessageBytes;
            Current = new PolledMessage(_left[..bytes]);
            _left = _left[bytes..];
            return true;
        }

        /// <summary>Starts over.</summary>
        public void Reset() => _left = _all;

        /// <summary>Nothing to do: the buffer belongs to the poll.</summary>
        public readonly void Dispose()
        {
        }
    }
}
