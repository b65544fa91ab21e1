using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Iggy.Gateway.Http;

/// <summary>Describes every route in OpenAPI, and shows it as a page. Made from the routes themselves when first asked for.</summary>
internal static class ApiDocument
{
    private const string Name = "v1", Bearer = "bearer";

    /// <summary>Adds what makes the document.</summary>
    public static void AddTo(IServiceCollection services, IReadOnlyList<ApiRoute> routes)
    {
        services.Configure<JsonOptions>(static json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict; // a number is no text here
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        services.AddOpenApi(Name, options =>
        {
            options.AddDocumentTransformer((document, context, cancellationToken) => DescribeAsync(document, context, routes, cancellationToken));
            options.AddSchemaTransformer(static (schema, context, _) =>
            {
                if (context.JsonPropertyInfo?.CustomConverter is SizeConverter)
                    schema.Type = JsonSchemaType.String;
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Enters the document and its page.</summary>
    public static void Map(IEndpointRouteBuilder application)
    {
        application.MapOpenApi("/openapi/{documentName}.json").WithMetadata(Page("/openapi/v1.json"));
        application.MapScalarApiReference("/scalar", static options => { options.WithTitle("Iggy.NET").WithOpenApiRoutePattern("/openapi/{documentName}.json"); }).WithMetadata(Page("/scalar"));
    }

    // For the framework's own endpoints: known to the pipeline, and open to everybody.
    private static ApiRoute Page(string path) => new(HttpMethods.Get, path, "", static _ => Task.CompletedTask) { IsPublic = true };

    private static async Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, IReadOnlyList<ApiRoute> routes, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "Iggy.NET", Version = Name, Description = "The HTTP API of Apache Iggy 0.8, and what Iggy.NET adds to it." };
        document.Servers = new List<OpenApiServer>(); // wherever the document came from
        document.AddComponent(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http, Scheme = Bearer, Description = "The token of a login, or a personal access token.",
        });
        document.Paths = new OpenApiPaths();
        foreach (var route in routes)
        {
            if (!document.Paths.TryGetValue(route.Path, out var item))
                document.Paths[route.Path] = item = new OpenApiPathItem();
            ((OpenApiPathItem)item).AddOperation(new HttpMethod(route.Method), await DescribeAsync(document, context, route, cancellationToken));
        }
    }

    private static async Task<OpenApiOperation> DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, ApiRoute route, CancellationToken cancellationToken)
    {
        var operation = new OpenApiOperation
        {
            OperationId = $"{route.Method}{string.Concat(route.Path.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'))}",
            Summary = route.Summary,
            Parameters = new List<IOpenApiParameter>(),
            Responses = new OpenApiResponses { [route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = await AnswerAsync("Done.", context, route.Reply, cancellationToken) },
        };
        foreach (var segment in route.Path.Split('/').Where(static segment => segment.StartsWith('{')))
            operation.Parameters.Add(new OpenApiParameter { Name = segment[1..^1], In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        foreach (var name in route.Query)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        foreach (var name in route.Headers)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        if (route.Body is not null)
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = await JsonAsync(context, route.Body, cancellationToken) };
        operation.Responses["4XX"] = await AnswerAsync("Refused; the error says why.", context, typeof(ErrorReply), cancellationToken);
        if (!route.IsPublic)
            operation.Security = new List<OpenApiSecurityRequirement> { new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] } };
        return operation;
    }

    private static async Task<IOpenApiResponse> AnswerAsync(string description, OpenApiDocumentTransformerContext context, Type? type, CancellationToken cancellationToken) =>
        new OpenApiResponse { Description = description, Content = type is null ? null : await JsonAsync(context, type, cancellationToken) };

    private static async Task<Dictionary<string, OpenApiMediaType>> JsonAsync(OpenApiDocumentTransformerContext context, Type type, CancellationToken cancellationToken) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken) } };
}
