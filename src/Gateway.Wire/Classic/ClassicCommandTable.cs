using System.Collections.Frozen;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>Which code leads to which command in the classic dialect.</summary>
internal static class ClassicCommandTable
{
    /// <summary>The table of the server.</summary>
    public static FrozenDictionary<CommandCode, DialectCommand> Build(ClassicControl control, ClassicMessages messages, PollMessages polls, ClassicOffsets offsets, ClassicGroups groups)
    {
        var table = new CommandTable();
        control.AddTo(table);
        messages.AddTo(table);
        polls.AddTo(table);
        offsets.AddTo(table);
        groups.AddTo(table);
        return table.Build();
    }
}
