using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Drive.Files;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Which path is answered by what, and what of it a token's scopes let through.</summary>
internal sealed class DriveRoutes(GoogleGrants grants, RequestLog log, ChaosGate chaos)
{
    private const string Scopes = "scopes";

    public required GoogleAuthorizeEndpoint Authorize { get; init; }

    public required GoogleTokenEndpoint Tokens { get; init; }

    public required FilesEndpoint Files { get; init; }

    public required ContentEndpoint Content { get; init; }

    public required ChangesEndpoint Changes { get; init; }

    public required ChannelsEndpoint Channels { get; init; }

    public required DriveControl Control { get; init; }

    public void Map(WebApplication app)
    {
        app.UseSimulator(log, chaos, Answer);
        app.UseRouting();
        app.MapGet("/o/oauth2/v2/auth", Authorize.ShowAsync);
        app.MapPost("/o/oauth2/v2/auth", Authorize.DecideAsync);
        app.MapPost("/token", Tokens.ObtainAsync);
        app.MapPost("/revoke", Tokens.RevokeAsync);
        app.MapGet("/drive/v3/about", Authorized(FilesEndpoint.AboutAsync));
        app.MapGet("/drive/v3/drives", Authorized(Files.ListDrivesAsync));
        app.MapGet("/drive/v3/files", Authorized(Files.ListAsync));
        app.MapGet("/drive/v3/files/{id}", Authorized(context => context.Text("alt") == "media" ? Content.GetAsync(context) : Files.GetAsync(context)));
        app.MapGet("/drive/v3/files/{id}/export", Authorized(Content.ExportAsync));
        app.MapPost("/drive/v3/files/{id}/watch", Authorized(Channels.WatchFileAsync));
        app.MapGet("/drive/v3/changes", Authorized(Changes.ListAsync));
        app.MapGet("/drive/v3/changes/startPageToken", Authorized(Changes.StartAsync));
        app.MapPost("/drive/v3/changes/watch", Authorized(Channels.WatchChangesAsync));
        app.MapPost("/drive/v3/channels/stop", Authorized(Channels.StopAsync));
        Control.Map(app);
        app.MapFallback(context => throw new DriveFault(404, "notFound", "Not Found"));
    }

    public static bool MayReadAll(HttpContext context) =>
        context.Items[Scopes] is IReadOnlyList<string> scopes && scopes.Any(scope => scope is GoogleGrants.ReadOnly or GoogleGrants.MetadataOnly or "https://www.googleapis.com/auth/drive");

    public static bool IsMetadataOnly(HttpContext context) =>
        context.Items[Scopes] is IReadOnlyList<string> scopes && !scopes.Any(scope => scope is GoogleGrants.ReadOnly or GoogleGrants.PerFile or "https://www.googleapis.com/auth/drive");

    public static DriveFault InsufficientScope() => new(403, "insufficientPermissions", "Insufficient Permission: Request had insufficient authentication scopes.");

    /// <summary>The file of the path, by the rules of who may see it.</summary>
    public static DriveFile Find(HttpContext context, FileStore store)
    {
        var id = context.RouteText("id");
        var file = store.Find(id);
        if (file is null || (file.DriveId is not null && !context.Flag("supportsAllDrives")))
        {
            throw DriveFault.NotFound(id);
        }

        return MayReadAll(context)
            ? file
            : throw new DriveFault(403, "appNotAuthorizedToFile", "The user has not granted the app access to the file.");
    }

    private static RequestDelegate? Answer(Exception fault) => fault switch
    {
        DriveFault own => context => DriveAnswer.ErrorAsync(context, own),
        GoogleTokenFault own => context =>
        {
            context.Response.StatusCode = own.Status;
            return DriveAnswer.JsonAsync(context, new JsonObject { ["error"] = own.Error, ["error_description"] = own.Message });
        },
        ArgumentException mistake => context => DriveAnswer.ErrorAsync(context, new DriveFault(400, "badRequest", mistake.Message)),
        _ => null,
    };

    private RequestDelegate Authorized(RequestDelegate next) => context =>
    {
        var scopes = grants.Check(context.Request.Headers.Authorization);
        context.Items[Scopes] = scopes;
        return scopes.Any(scope => scope.Contains("/auth/drive", StringComparison.Ordinal)) ? next(context) : throw InsufficientScope();
    };
}
