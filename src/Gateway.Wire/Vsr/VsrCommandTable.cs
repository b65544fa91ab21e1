using System.Collections.Frozen;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Which code leads to which command in the newer dialect: the classic commands, except where bodies differ.</summary>
internal static class VsrCommandTable
{
    /// <summary>The table of the server.</summary>
    public static FrozenDictionary<CommandCode, DialectCommand> Build(
        VsrLogins logins, VsrCatalog catalog, VsrMessages messages, FrozenDictionary<CommandCode, DialectCommand> classic)
    {
        var table = new CommandTable();
        logins.AddTo(table);
        catalog.AddTo(table);
        messages.AddTo(table, classic);
        table.AddMissing(classic);
        return table.Build();
    }
}
