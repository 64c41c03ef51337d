using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>What the simulators' own paths, those below /_simulator, have in common. What is sent wrongly is an <see cref="ArgumentException"/>, which each service's routes answer as it would.</summary>
internal static class Control
{
    private static readonly JsonSerializerOptions s_web = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static string Id(HttpContext context) => Text(context, "id");

    public static string Text(HttpContext context, string name) => (string)(context.Request.RouteValues[name] ?? "");

    /// <exception cref="ArgumentException">The body is not understood.</exception>
    public static T Body<T>(HttpContext context)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(RequestBody.Of(context), s_web) ?? throw new ArgumentException("The body must be a JSON object.", nameof(context));
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The body is not understood at {e.Path}.", nameof(context), e);
        }
    }

    /// <summary>The body, or what stands for none.</summary>
    /// <exception cref="ArgumentException">The body is not understood.</exception>
    public static T Read<T>(HttpContext context)
        where T : new()
        => RequestBody.Of(context).Length == 0 ? new T() : Body<T>(context);

    public static Task AnswerAsync<T>(HttpContext context, T value) => context.Response.WriteAsJsonAsync(value, s_web, context.RequestAborted);

    public static Task Do(HttpContext context, Action act)
    {
        act();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
