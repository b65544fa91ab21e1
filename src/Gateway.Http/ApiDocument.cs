using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Iggy.Gateway.Http;

/// <summary>Describes every route in OpenAPI, and shows it as a page. Made from the routes themselves when first asked for.</summary>
internal static class ApiDocument
{
    private const string Name = "v1", Bearer = "bearer", NonceItem = "iggy-nonce";
    private const int NonceBytes = 16;

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
        application.MapOpenApi("/openapi/{documentName}.json").WithMetadata(Page("/openapi/v1.json")).Finally(static endpoint => Guard(endpoint, null));
        application.MapScalarApiReference("/scalar", static (options, context) => options
            .WithTitle("Iggy.NET").WithOpenApiRoutePattern("/openapi/{documentName}.json").WithNonce((string)context.Items[NonceItem]!).AddPreferredSecuritySchemes(Bearer)
            .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools()).WithMetadata(Page("/scalar")).Finally(static endpoint => Guard(endpoint, PagePolicy));
    }

    // What a browser may do with an answer: take it as what it says it is, and, for a page, ask this server only. The page styles itself from its script.
    private static string PagePolicy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static void Guard(EndpointBuilder endpoint, Func<string, string>? policy)
    {
        if (endpoint.RequestDelegate is not { } serve)
            return;
        endpoint.RequestDelegate = context =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            if (policy is not null)
            {
                var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
                context.Items[NonceItem] = nonce;
                context.Response.Headers.ContentSecurityPolicy = policy(nonce);
            }
            return serve(context);
        };
    }

    // For the framework's own endpoints: known to the pipeline, and open to everybody.
    private static ApiRoute Page(string path) => new(HttpMethods.Get, path, "", static _ => Task.CompletedTask) { IsPublic = true };

    private static async Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, IReadOnlyList<ApiRoute> routes, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "Iggy.NET", Version = ServerVersion(), Description = "The HTTP API of Apache Iggy 0.8, and what Iggy.NET adds to it." };
        document.Servers = [new OpenApiServer { Url = "/", Description = "Wherever the document came from." }];
        document.Tags = routes.Select(static route => new OpenApiTag { Name = route.Tag }).DistinctBy(static tag => tag.Name).ToHashSet();
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
            Tags = new HashSet<OpenApiTagReference> { new(route.Tag, document) },
            Parameters = new List<IOpenApiParameter>(),
            Responses = new OpenApiResponses { [route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = await AnswerAsync("Done.", document, context, route.Reply, cancellationToken) },
        };
        foreach (var segment in route.Path.Split('/').Where(static segment => segment.StartsWith('{')))
            operation.Parameters.Add(new OpenApiParameter { Name = segment[1..^1], In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        foreach (var name in route.Query)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        foreach (var name in route.Headers)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        if (route.Body is not null)
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = await JsonAsync(document, context, route.Body, cancellationToken) };
        operation.Responses["4XX"] = await AnswerAsync("Refused; the error says why.", document, context, typeof(ErrorReply), cancellationToken);
        if (!route.IsPublic)
            operation.Security = new List<OpenApiSecurityRequirement> { new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] } };
        return operation;
    }

    private static async Task<IOpenApiResponse> AnswerAsync(string description, OpenApiDocument document, OpenApiDocumentTransformerContext context, Type? type, CancellationToken cancellationToken) =>
        new OpenApiResponse { Description = description, Content = type is null ? null : await JsonAsync(document, context, type, cancellationToken) };

    private static async Task<Dictionary<string, OpenApiMediaType>> JsonAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, Type type, CancellationToken cancellationToken) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = await SchemaAsync(document, context, type, cancellationToken) } };

    // Each type of the API stands once in the document, by its name: what makes clients from it gives its classes that name.
    private static async Task<IOpenApiSchema> SchemaAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, Type type, CancellationToken cancellationToken)
    {
        if (type.GetElementType() is { } item)
            return new OpenApiSchema { Type = JsonSchemaType.Array, Items = await SchemaAsync(document, context, item, cancellationToken) };
        if (ValueOfMap(type) is { } value)
            return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = await SchemaAsync(document, context, value, cancellationToken) };
        if (document.Components?.Schemas?.ContainsKey(type.Name) is not true)
        {
            var schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
            document.AddComponent(type.Name, schema);
            foreach (var property in context.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.GetTypeInfo(type).Properties)
            {
                if (property.CustomConverter is not null || !IsOfTheApi(property.PropertyType))
                    continue;
                var named = await SchemaAsync(document, context, property.PropertyType, cancellationToken);
                schema.Properties![property.Name] = property.IsGetNullable ? new OpenApiSchema { OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, named] } : named;
            }
        }
        return new OpenApiSchemaReference(type.Name, document);
    }

    private static bool IsOfTheApi(Type type) => (type.GetElementType() ?? ValueOfMap(type)) is { } inner ? IsOfTheApi(inner) : type.Namespace == typeof(ApiDocument).Namespace;

    private static Type? ValueOfMap(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? type.GenericTypeArguments[1] : null;

    private static string ServerVersion() => typeof(ApiDocument).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
