namespace Iggy.Orleans.Streaming;

/// <summary>Makes payloads of events and back. One message is one event, unless an application's own serializer says otherwise.</summary>
public interface IIggyEventSerializer
{
    /// <summary>The payload of one event.</summary>
    ReadOnlyMemory<byte> Serialize<T>(T value);

    /// <summary>The events of a payload, in order. One that can't be read throws: the subscription's retries and then its error handler follow.</summary>
    IEnumerable<T> Deserialize<T>(ReadOnlyMemory<byte> payload);
}
