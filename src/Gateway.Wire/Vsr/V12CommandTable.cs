using System.Collections.Frozen;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Which code leads to which command in the 0.12 line: those of the 0.11 line, except where bodies differ, and without those that are gone.</summary>
internal static class V12CommandTable
{
    private static readonly CommandCode[] _gone =
    [
        CommandCode.UpdateUser, CommandCode.FlushUnsavedBuffer, CommandCode.UpdateStream, CommandCode.PurgeStream, CommandCode.UpdateTopic, CommandCode.PurgeTopic,
    ];

    /// <summary>The table of the server.</summary>
    public static FrozenDictionary<CommandCode, DialectCommand> Build(V12Catalog catalog, V12Messages messages, FrozenDictionary<CommandCode, DialectCommand> older)
    {
        var table = new CommandTable();
        catalog.AddTo(table);
        messages.AddTo(table);
        table.AddMissing(older.Where(static entry => Array.IndexOf(_gone, entry.Key) < 0).ToFrozenDictionary());
        return table.Build();
    }
}
