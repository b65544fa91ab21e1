namespace Iggy.Protocol.Vsr;

/// <summary>What the reply of a framed operation begins with: u32 count, 0 for success; else so many pairs of u32 index, u32 code.</summary>
public static class ResultSection
{
    /// <summary>Bytes of a success, in front of the payload.</summary>
    public const int SuccessBytes = sizeof(uint);

    private const int EntryBytes = 2 * sizeof(uint);

    /// <summary>Writes a success; the payload follows.</summary>
    public static void WriteSuccess(WireWriter writer) => writer.U32(0);

    /// <summary>Writes a rejection: the command was carried out and the state of things said no.</summary>
    public static void WriteRejection(WireWriter writer, IggyError error)
    {
        writer.U32(1);
        writer.U32(0); // the first and only part of a single command
        writer.U32((uint)error);
    }

    /// <summary>Reads the section and moves past it.</summary>
    /// <returns>The code of the first entry, <see cref="IggyError.None"/> for a success, <see cref="IggyError.InvalidCommand"/> when the body is
    /// shorter than it says.</returns>
    public static IggyError Read(ref WireReader reader)
    {
        var count = reader.Count(EntryBytes);
        var error = IggyError.None;
        for (var i = 0; i < count; i++)
        {
            reader.U32();
            var code = (IggyError)reader.U32();
            if (i == 0)
                error = code is IggyError.None ? IggyError.Error : code; // an entry is a refusal, whatever it says
        }
        return reader.Error is IggyError.None ? error : reader.Error;
    }
}
