using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Iggy.Ui.Circuits;

namespace Iggy.Ui.Components;

/// <summary>A setting with its value, masked where it is a secret.</summary>
internal sealed record Setting(string Key, string Value)
{
    /// <summary>How settings are listed.</summary>
    public static TableColumn<Setting>[] Columns { get; } =
    [
        new("Setting", static row => row.Key, static row => builder =>
        {
            builder.OpenElement(0, "span");
            builder.AddAttribute(1, "class", "mono");
            builder.AddContent(2, row.Key);
            builder.CloseElement();
        }),
        new("Value", static row => row.Value, static row => builder => builder.AddContent(0, row.Value.Length == 0 ? "–" : row.Value)),
    ];
}

/// <summary>Reads the configuration.</summary>
internal static class Settings
{
    /// <summary>Every setting, for whoever may read the server.</summary>
    public static ValueTask<Setting[]> ReadSettings(this Backend backend, Session session)
    {
        UserAccess.Demand(session.Access.MayTakeSnapshot());
        var text = new StringWriter();
        backend.Parts.First(static part => part.Type is SnapshotType.ServerConfig).Write(text);
        return new([.. text.ToString().Split('\n').Where(static line => !line.StartsWith('#')).Select(static line => line.Split(" = ", 2)).Where(static pair => pair.Length == 2)
            .Select(static pair => new Setting(pair[0], pair[1].Trim()))]);
    }
}
