using System.Globalization;
using Iggy.Gateway.Commands;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Routes;

/// <summary>The support archive.</summary>
internal sealed class SnapshotRoutes(SnapshotCommand snapshots, TimeProvider clock) : IApiRoutes
{
    public string Tag => "Server";

    public void AddTo(ApiRoutes routes) =>
        routes.Post("/snapshot", "Makes a support archive: a ZIP file.", MakeAsync, typeof(SnapshotBody));

    private async Task MakeAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.SnapshotBody);
        var request = new GetSnapshotRequest(Parse<SnapshotCompression>(body.Compression), [.. body.SnapshotTypes.Select(Parse<SnapshotType>)]);
        var archive = await snapshots.MakeAsync(call.Session, request);
        var name = string.Create(CultureInfo.InvariantCulture, $"iggy_snapshot_{clock.GetLocalNow():yyyyMMdd_HHmmss}.zip");
        call.Context.Response.ContentType = "application/zip";
        call.Context.Response.ContentLength = archive.Length;
        call.Context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        await call.Context.Response.BodyWriter.WriteAsync(archive, call.Aborted);
    }

    // By name, exactly: numbers are no names.
    private static T Parse<T>(string text) where T : struct, Enum => Enum.TryParse<T>(text, out var value) && Enum.GetName(value) == text
        ? value
        : throw new RequestRejectedException(StatusCodes.Status422UnprocessableEntity, $"'{text}' is none of {string.Join(", ", Enum.GetNames<T>())}.");
}
