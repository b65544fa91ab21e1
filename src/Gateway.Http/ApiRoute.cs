using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Iggy.Gateway.Http;

/// <summary>Serves one request of a route. Refusals are exceptions; see <see cref="ApiPipeline"/>.</summary>
internal delegate Task ApiHandler(HttpCall call);

/// <summary>A route of the API: what runs, and what its document says.</summary>
/// <param name="Method">Its method; a GET also answers HEAD.</param>
/// <param name="Path">Its pattern.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Handler">What runs.</param>
internal sealed record ApiRoute(string Method, string Path, string Summary, ApiHandler Handler)
{
    /// <summary>What it is about: its heading in the document.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Whether anybody may call it.</summary>
    public bool IsPublic { get; init; }

    /// <summary>What it takes; null for no body.</summary>
    public Type? Body { get; init; }

    /// <summary>What it answers; null for no body, or one that is not JSON.</summary>
    public Type? Reply { get; init; }

    /// <summary>The status of a success.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Names of the query parameters.</summary>
    public string[] Query { get; init; } = [];

    /// <summary>Names of headers beside those of HTTP itself; none is required.</summary>
    public string[] Headers { get; init; } = [];
}

/// <summary>All routes of a listener, on their way into the framework's router.</summary>
/// <param name="routes">The router.</param>
/// <param name="pipeline">What serves them.</param>
/// <param name="all">Gets them, for their document.</param>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, ApiPipeline pipeline, List<ApiRoute> all)
{
    private readonly Dictionary<string, string> _public = new(StringComparer.Ordinal);
    private string _tag = "";

    /// <summary>Paths that need no token, whatever the method, with what they allow.</summary>
    public IReadOnlyDictionary<string, string> Public => _public;

    /// <summary>Enters routes that belong together.</summary>
    public void Add(IApiRoutes group)
    {
        _tag = group.Tag;
        group.AddTo(this);
    }

    /// <summary>Enters a route.</summary>
    public void Add(ApiRoute route)
    {
        route = route with { Tag = _tag };
        all.Add(route);
        string[] methods = route.Method == HttpMethods.Get ? [HttpMethods.Get, HttpMethods.Head] : [route.Method];
        if (route.IsPublic)
            _public[route.Path] = string.Join(", ", methods);
        routes.MapMethods(route.Path, methods, context => pipeline.RunAsync(context, route)).WithMetadata(route);
    }

    /// <summary>Enters a reading route.</summary>
    public void Get(string path, string summary, ApiHandler handler, Type? reply = null, params string[] query) =>
        Add(new ApiRoute(HttpMethods.Get, path, summary, handler) { Reply = reply, Query = query });

    /// <summary>Enters a route that makes or does something.</summary>
    public void Post(string path, string summary, ApiHandler handler, Type? body = null, Type? reply = null, int status = StatusCodes.Status200OK, bool isPublic = false) =>
        Add(new ApiRoute(HttpMethods.Post, path, summary, handler) { Body = body, Reply = reply, Status = status, IsPublic = isPublic });

    /// <summary>Enters a route that replaces something.</summary>
    public void Put(string path, string summary, ApiHandler handler, Type body) =>
        Add(new ApiRoute(HttpMethods.Put, path, summary, handler) { Body = body, Status = StatusCodes.Status204NoContent });

    /// <summary>Enters a route that removes something.</summary>
    public void Delete(string path, string summary, ApiHandler handler, params string[] query) =>
        Add(new ApiRoute(HttpMethods.Delete, path, summary, handler) { Status = StatusCodes.Status204NoContent, Query = query });
}

/// <summary>Some routes that belong together.</summary>
internal interface IApiRoutes
{
    /// <summary>What they are about.</summary>
    string Tag { get; }

    /// <summary>Enters them.</summary>
    void AddTo(ApiRoutes routes);
}
