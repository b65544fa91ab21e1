using System.Globalization;
using System.Net;
using System.Text;
using Iggy.Gateway.Listeners;
using Iggy.Primitives;

namespace Iggy.Silo.Hosting;

/// <summary><c>runtime/current_config.toml</c> in the data folder: tools made for Apache Iggy wait for it to learn where a server listens.</summary>
/// <remarks>It holds no secret. The folder is emptied at each start and the file appears, whole, when every listener is bound.</remarks>
public static class RuntimeConfigFile
{
    private const string FolderName = "runtime";
    private const string FileName = "current_config.toml";

    /// <summary>Removes what the last start left.</summary>
    public static void Wipe(string dataPath)
    {
        var folder = Path.Combine(dataPath, FolderName);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Writes the file under another name and renames it, so that nobody reads half of it.</summary>
    /// <param name="dataPath">The data folder, absolute.</param>
    /// <param name="endpoints">Where the server listens.</param>
    public static void Write(string dataPath, GatewayEndpoints endpoints) =>
        AtomicFile.Write(Path.Combine(dataPath, FolderName, FileName), Text(dataPath, endpoints));

    /// <summary>The file's content.</summary>
    public static string Text(string dataPath, GatewayEndpoints endpoints)
    {
        var text = new StringBuilder();
        AppendListener(text, "tcp", endpoints.Tcp);
        AppendListener(text, "http", endpoints.Http);
        AppendListener(text, "quic", endpoints.Quic);
        AppendListener(text, "websocket", endpoints.WebSocket);
        text.Append(CultureInfo.InvariantCulture, $"[system]\npath = {Quote(dataPath)}\n");
        return text.ToString();
    }

    private static void AppendListener(StringBuilder text, string name, IPEndPoint? endPoint)
    {
        text.Append(CultureInfo.InvariantCulture, $"[{name}]\nenabled = {(endPoint is null ? "false" : "true")}\n");
        if (endPoint is not null)
            text.Append(CultureInfo.InvariantCulture, $"address = {Quote(endPoint.ToString())}\n");
        text.Append('\n');
    }

    // A basic string of TOML: control characters never occur in addresses, but may in a path.
    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (char.IsControl(c))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else
                quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
