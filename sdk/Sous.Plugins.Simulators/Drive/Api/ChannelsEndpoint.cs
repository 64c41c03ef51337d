using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>changes.watch, files.watch and channels.stop.</summary>
internal sealed class ChannelsEndpoint(FileStore store, ChannelBook channels)
{
    private static readonly TimeSpan LongestForChanges = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestForFiles = TimeSpan.FromDays(1);

    public Task WatchChangesAsync(HttpContext context)
    {
        var log = ChangesEndpoint.LogOf(context);
        var token = context.Text("pageToken") ?? throw DriveFault.Required("pageToken");
        return long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at >= 1 && at <= store.EndOf(log)
            ? OpenAsync(context, LongestForChanges, log, null)
            : throw DriveFault.Invalid("pageToken");
    }

    public Task WatchFileAsync(HttpContext context)
    {
        var file = DriveRoutes.Find(context, store);
        return OpenAsync(context, LongestForFiles, file.DriveId ?? FileStore.User, file.Id);
    }

    public Task StopAsync(HttpContext context)
    {
        var body = DriveRequest.Body(context);
        channels.Stop(Required(body, "id"), Required(body, "resourceId"));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task OpenAsync(HttpContext context, TimeSpan longest, string log, string? fileId)
    {
        var body = DriveRequest.Body(context);
        long? expiration = (string?)body["expiration"] is { } text
            ? long.TryParse(text, CultureInfo.InvariantCulture, out var ms) ? ms : throw DriveFault.Invalid("expiration")
            : null;
        var channel = channels.Open(Required(body, "id"), Required(body, "type"), Required(body, "address"), (string?)body["token"], expiration, longest, log, fileId);
        var answer = new JsonObject
        {
            ["kind"] = "api#channel",
            ["id"] = channel.Id,
            ["resourceId"] = channel.ResourceId,
            ["resourceUri"] = channel.ResourceUri,
            ["expiration"] = channel.Expires.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
        if (channel.Token is { } token)
        {
            answer["token"] = token;
        }

        return DriveAnswer.JsonAsync(context, answer);
    }

    private static string Required(JsonObject body, string name) => (string?)body[name] is { Length: > 0 } text ? text : throw DriveFault.Required(name);
}
