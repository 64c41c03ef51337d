using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The pages on which owners consent: what the browser is shown, what it sends, and where it is sent on to.</summary>
internal static class ConsentPage
{
    /// <summary>Shows a page; its body is HTML, all that came from outside encoded.</summary>
    public static Task ShowAsync(HttpContext context, int status, string service, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync($"<!doctype html>\n<html lang=\"en\">\n<title>Simulated {service}</title>\n{body}\n</html>\n", context.RequestAborted);
    }

    public static Dictionary<string, StringValues> ReadForm(HttpContext context) => new FormReader(Encoding.UTF8.GetString(RequestBody.Of(context))).ReadForm();

    public static Task SendBack(HttpContext context, string address, IDictionary<string, string?> answer)
    {
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = QueryHelpers.AddQueryString(address, answer);
        return Task.CompletedTask;
    }
}
