using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Iggy.Cli.Output;

/// <summary>A column of a table, or a line of a record.</summary>
internal readonly record struct Column<T>(string Title, Func<T, string> Cell);

/// <summary>Prints data in the format asked for. Sentences for people come only in table and list format, so that JSON stays whole.</summary>
internal sealed class Printer(Surroundings surroundings, OutputFormat format, bool isQuiet)
{
    // Wide enough for any row: what is piped into a file is not broken into lines.
    private const int UnlimitedWidth = 100_000;

    /// <summary>The format asked for.</summary>
    public OutputFormat Format { get; } = format;

    /// <summary>Whether data is printed as a document for programs, so that nothing else may stand between.</summary>
    public bool IsDocument => Format is OutputFormat.Json or OutputFormat.Toml;

    /// <summary>Whether sentences and progress are left out.</summary>
    public bool IsQuiet { get; } = isQuiet;

    /// <summary>Tells that something was done.</summary>
    public void Say(string sentence)
    {
        if (!IsQuiet && !IsDocument)
            surroundings.Out.WriteLine(sentence);
    }

    /// <summary>Prints a record that a change returned: as JSON, or as a sentence.</summary>
    public void SayOrJson<T>(string sentence, T value, JsonTypeInfo<T> json)
    {
        if (IsDocument)
            Json(value, json);
        else
            Say(sentence);
    }

    /// <summary>Prints records.</summary>
    public void Rows<T>(IReadOnlyList<T> rows, JsonTypeInfo<IReadOnlyList<T>> json, params ReadOnlySpan<Column<T>> columns)
    {
        if (IsDocument)
            Json(rows, json);
        else if (Format is OutputFormat.List)
            Lines(rows, columns);
        else
            Table(rows, columns);
    }

    /// <summary>Prints one record, a line for each field.</summary>
    public void Record<T>(T value, JsonTypeInfo<T> json, params ReadOnlySpan<Column<T>> columns)
    {
        if (IsDocument)
        {
            Json(value, json);
            return;
        }
        if (Format is OutputFormat.List)
        {
            Lines([value], columns);
            return;
        }
        var fields = new List<(string, string)>();
        foreach (var column in columns)
            fields.Add((column.Title, column.Cell(value)));
        Table<(string Title, string Text)>(fields, [new("Property", field => field.Title), new("Value", field => field.Text)]);
    }

    /// <summary>Prints records below one that was printed, with a title; not in JSON, where they are part of it.</summary>
    public void Details<T>(string title, IReadOnlyList<T> rows, params ReadOnlySpan<Column<T>> columns)
    {
        if (IsDocument || rows.Count == 0)
            return;
        surroundings.Out.WriteLine(title);
        if (Format is OutputFormat.List)
            Lines(rows, columns);
        else
            Table(rows, columns);
    }

    /// <summary>Prints one document: JSON in one line, or TOML.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> json) => surroundings.Out.WriteLine(Format is OutputFormat.Toml
        ? TomlTexts.Of(JsonSerializer.SerializeToElement(value, json))
        : JsonSerializer.Serialize(value, json));

    private void Lines<T>(IReadOnlyList<T> rows, ReadOnlySpan<Column<T>> columns)
    {
        foreach (var row in rows)
        {
            for (var i = 0; i < columns.Length; i++)
                surroundings.Out.Write($"{(i > 0 ? "|" : "")}{columns[i].Title}: {columns[i].Cell(row)}");
            surroundings.Out.WriteLine();
        }
    }

    private void Table<T>(IReadOnlyList<T> rows, ReadOnlySpan<Column<T>> columns)
    {
        var table = new Table { Border = TableBorder.Ascii };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column.Title)));
        foreach (var row in rows)
        {
            var cells = new Text[columns.Length];
            for (var i = 0; i < cells.Length; i++)
                cells[i] = new Text(columns[i].Cell(row)); // plain text: what came from the server is no markup
            table.AddRow(cells);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(surroundings.Out),
            Ansi = surroundings.IsOutTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = surroundings.IsOutTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!surroundings.IsOutTerminal)
            console.Profile.Width = UnlimitedWidth;
        console.Write(table);
    }
}
