using System.Collections.Immutable;

namespace Iggy.Protocol;

/// <summary>Records whose number was sent before them.</summary>
internal static class WireRecords
{
    /// <summary>Reads exactly so many records. The count is judged by the room they need at least before anything is allocated.</summary>
    public static ImmutableArray<T> Read<T>(ref WireReader reader, uint count, int minRecordBytes) where T : IWireValue<T>
    {
        if (count > (uint)(reader.Remaining / minRecordBytes))
            reader.Fail(IggyError.InvalidCommand);
        if (reader.Error is not IggyError.None)
            return [];

        var records = ImmutableArray.CreateBuilder<T>((int)count);
        for (var i = 0U; i < count && reader.Error is IggyError.None; i++)
            records.Add(T.Read(ref reader));
        return records.DrainToImmutable();
    }

    /// <summary>Writes the records, which must be as many as was announced.</summary>
    /// <exception cref="InvalidOperationException">They are not: the reply would be unreadable.</exception>
    public static void Write<T>(WireWriter writer, ImmutableArray<T> records, uint announced) where T : IWireValue<T>
    {
        if (records.Length != announced)
            throw new InvalidOperationException($"{announced} records of {typeof(T).Name} announced, {records.Length} given.");
        writer.Records(records.AsSpan());
    }
}
