using System.Diagnostics.CodeAnalysis;
using Iggy.Storage.Records;

namespace Iggy.Storage.Producers;

/// <summary>What a batch of a producer is, seen by its sequence numbers.</summary>
internal enum ProducerVerdict : byte
{
    /// <summary>The next one: to be appended.</summary>
    Next,

    /// <summary>Appended before.</summary>
    Repeated,

    /// <summary>Appended before, too long ago to say where.</summary>
    TooOld,

    /// <summary>Messages before it are missing, or only a part of it was appended before.</summary>
    OutOfOrder,

    /// <summary>A higher epoch of the producer has written.</summary>
    Fenced,

    /// <summary>Nothing is known of the producer, and it does not begin with its first message.</summary>
    Unknown,
}

/// <summary>How far each producer of a partition has come, and where its newest batches lie. Follows from the records alone, so whoever has the same records knows the
/// same.</summary>
/// <remarks>Of more producers than the limit the one is forgotten whose newest batch is the oldest.</remarks>
internal sealed class ProducerTable(int maxProducers)
{
    private readonly Dictionary<ulong, LinkedListNode<Producer>> _byId = [];
    private readonly LinkedList<Producer> _byAge = []; // the one that wrote last is the last

    /// <summary>Producers that are known.</summary>
    public int Count => _byId.Count;

    /// <summary>All of them, the one that wrote longest ago first.</summary>
    public IEnumerable<Producer> ByAge => _byAge;

    /// <summary>Says what a batch is; changes nothing.</summary>
    /// <param name="section">Of the batch.</param>
    /// <param name="count">Its messages.</param>
    /// <param name="offset">Of the first message of a repeated batch.</param>
    public ProducerVerdict Judge(in ProducerSection section, uint count, out ulong offset)
    {
        offset = 0;
        if (!TryFind(section.ProducerId, out var producer))
            return section.BaseSequence == 0 ? ProducerVerdict.Next : ProducerVerdict.Unknown;
        if (section.Epoch < producer.Epoch)
            return ProducerVerdict.Fenced;
        if (section.Epoch > producer.Epoch)
            return section.BaseSequence == 0 ? ProducerVerdict.Next : ProducerVerdict.OutOfOrder;

        // Numbers go round, so what lies in the half of the circle behind the next one was there before.
        var behind = (producer.NextSequence - section.BaseSequence) & ProducerSection.MaxSequence;
        if (behind == 0)
            return ProducerVerdict.Next;
        if (behind > ProducerSection.MaxSequence / 2 || count > behind)
            return ProducerVerdict.OutOfOrder;
        return producer.TryFind(section.BaseSequence, out offset) ? ProducerVerdict.Repeated : ProducerVerdict.TooOld;
    }

    /// <summary>Takes a record in that is in the log. To be called in the order of the log.</summary>
    public void Note(in ProducerSection section, uint count, ulong baseOffset)
    {
        if (!_byId.TryGetValue(section.ProducerId, out var node))
            _byId.Add(section.ProducerId, node = new(new Producer(section.ProducerId)));
        else
            _byAge.Remove(node);
        _byAge.AddLast(node);
        node.Value.Note(in section, count, baseOffset);
        Trim();
    }

    /// <summary>Puts a producer in as it was written down, behind those that are here.</summary>
    public void Restore(Producer producer)
    {
        var node = new LinkedListNode<Producer>(producer);
        if (!_byId.TryAdd(producer.Id, node))
            return;
        _byAge.AddLast(node);
        Trim();
    }

    /// <summary>Forgets what lies at an offset or above it: it is not in the log.</summary>
    public void CutAt(ulong nextOffset)
    {
        for (var node = _byAge.First; node is not null;)
        {
            var (producer, next) = (node.Value, node.Next);
            if (!producer.CutAt(nextOffset))
                Forget(node);
            node = next;
        }
    }

    private void Trim()
    {
        while (_byId.Count > maxProducers)
            Forget(_byAge.First!);
    }

    private void Forget(LinkedListNode<Producer> node)
    {
        _byAge.Remove(node);
        _byId.Remove(node.Value.Id);
    }

    private bool TryFind(ulong id, [NotNullWhen(true)] out Producer? producer)
    {
        producer = _byId.TryGetValue(id, out var node) ? node.Value : null;
        return producer is not null;
    }
}
