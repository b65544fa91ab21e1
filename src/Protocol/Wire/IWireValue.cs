namespace Iggy.Protocol;

/// <summary>A value with one layout on the wire, read and written by the same type so that the two can't drift apart.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IWireValue<TSelf> where TSelf : IWireValue<TSelf>
{
    /// <summary>Reads the fields in their order. Faults stay in the reader: whoever calls this looks at <see cref="WireReader.Error"/>
    /// once, and drops the value when there is one.</summary>
    static abstract TSelf Read(ref WireReader reader);

    /// <summary>Writes the fields in their order.</summary>
    /// <exception cref="ArgumentException">A text is too long for its length field, empty where that is not allowed, or not UTF-16.</exception>
    void Write(WireWriter writer);
}

/// <summary>A request body that knows its command. Commands without an entry here have an empty body.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IWireRequest<TSelf> : IWireValue<TSelf> where TSelf : IWireRequest<TSelf>
{
    /// <summary>The command this is the body of.</summary>
    static abstract CommandCode Code { get; }
}

/// <summary>Decoding of whole payloads, for every type with a layout.</summary>
public static class WireValues
{
#pragma warning disable CA1000 // takes the extension block for a generic type; callers write CreateStreamRequest.TryRead(...)
    extension<T>(T) where T : IWireValue<T>
    {
        /// <summary>Reads a payload. Bytes after the last field are left alone: released clients send some.</summary>
        /// <param name="payload">All of the payload; nothing of it is kept.</param>
        /// <param name="value">What was read; default when refused.</param>
        /// <returns><see cref="IggyError.None"/>; <see cref="IggyError.InvalidCommand"/> for a payload that is too short, text that is not
        /// UTF-8 or an unknown kind; <see cref="IggyError.InvalidFormat"/> for a length that can't be.</returns>
        public static IggyError TryRead(ReadOnlySpan<byte> payload, out T? value)
        {
            var reader = new WireReader(payload);
            value = T.Read(ref reader);
            if (reader.Error is not IggyError.None)
                value = default;
            return reader.Error;
        }

        /// <summary>Reads a list reply: records one after the other, without a count, to the end of the payload.</summary>
        /// <param name="payload">All of the payload; empty for an empty list.</param>
        /// <param name="values">What was read; empty when refused.</param>
        /// <returns>As <c>TryRead</c>.</returns>
        public static IggyError TryReadList(ReadOnlySpan<byte> payload, out List<T> values)
        {
            values = [];
            var reader = new WireReader(payload);
            while (!reader.IsAtEnd)
            {
                var value = T.Read(ref reader);
                if (reader.Error is not IggyError.None)
                {
                    values.Clear();
                    return reader.Error;
                }
                values.Add(value);
            }
            return IggyError.None;
        }
    }
#pragma warning restore CA1000
}
