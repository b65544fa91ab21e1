using Tomlyn.Model;
using Tomlyn.Serialization;

namespace Iggy.Cli.Home;

/// <summary>How the tool's TOML is read and written: made by the compiler, so that a tool compiled ahead of time needs no reflection.</summary>
[TomlSerializable(typeof(TomlTable))]
internal sealed partial class CliToml : TomlSerializerContext;
