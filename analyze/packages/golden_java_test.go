package packages

import "testing"

func TestGoldenJava(t *testing.T) {
	manifest := func(fields string) string { return "Manifest-Version: 1.0\n" + fields + "\n" }
	lib := zipOf(t, "META-INF/maven/org.x/lib/pom.properties", pom("org.x", "lib", "1.0"))
	for _, c := range []struct {
		name, path, content string
		want                []string
	}{
		{"pom.properties", "a.jar", lib, []string{"maven|Maven|org.x:lib|1.0"}},
		{"shaded: several poms", "app/shaded.jar",
			zipOf(t, "META-INF/maven/g/app/pom.properties", pom("g", "app", "1.0"), "META-INF/maven/g/dep/pom.properties",
				pom("g", "dep", "2.0")),
			[]string{"maven|Maven|g:app|1.0", "maven|Maven|g:dep|2.0"}},
		{"manifest", "usr/share/java/thing.jar", zipOf(t, "META-INF/MANIFEST.MF",
			manifest("Implementation-Vendor-Id: org.thing\nImplementation-Title: thing\nImplementation-Version: 3.1")),
			[]string{"maven|Maven|org.thing:thing|3.1"}},
		{"OSGi bundle", "plugins/org.eclipse.osgi-3.18.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Bundle-SymbolicName: org.eclipse.osgi\nBundle-Version: 3.18.0")),
			[]string{"maven|Maven|org.eclipse:org.eclipse.osgi|3.18"}},
		{"file name alone", "lib/log4j-core-2.14.1.jar", zipOf(t, "A.class", "x"),
			[]string{"maven|Maven|org.apache.logging.log4j:log4j-core|2.14.1"}},
		{"shaded, its own name in the manifest", "lib/guice-4.2.3.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Bundle-SymbolicName: com.google.inject\nBundle-Name: guice\n"+
				"Bundle-Version: 4.2.3"), "META-INF/maven/cglib/cglib/pom.properties", pom("cglib", "cglib", "3.2")),
			[]string{"maven|Maven|cglib:cglib|3.2", "maven|Maven|com.google.inject:guice|4.2.3"}},
		{"renamed", "usr/share/java/jetty9-util.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Bundle-SymbolicName: org.eclipse.jetty.util\nBundle-Version: 9.4.57\n"+
				"Bundle-Name: Util"), "META-INF/maven/org.eclipse.jetty/jetty-util/pom.properties",
				pom("org.eclipse.jetty", "jetty-util", "9.4.57")),
			[]string{"maven|Maven|org.eclipse.jetty:jetty-util|9.4.57"}},
		{"well-known artifact, another group in the manifest", "lib/bcprov-jdk18on-1.72.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Extension-Name: org.bouncycastle.bcprovider\nSpecification-Vendor: "+
				"BouncyCastle.org")),
			[]string{"maven|Maven|org.bouncycastle:bcprov-jdk18on|1.72"}},
		{"well-known file, another title", "lib/postgresql.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Implementation-Vendor-Id: org.postgresql\nSpecification-Title: JDBC\n"+
				"Implementation-Version: 42.5.5")),
			[]string{"maven|Maven|org.postgresql:postgresql|42.5.5"}},
		{"group and artifact in the title", "lib/batik-all.jar",
			zipOf(t, "META-INF/MANIFEST.MF", manifest("Bundle-SymbolicName: org.apache.xmlgraphics\nImplementation-Title: "+
				"org.apache.xmlgraphics:batik-all\nImplementation-Version: 1.16")),
			[]string{"maven|Maven|org.apache.xmlgraphics:batik-all|1.16"}},
		{"Spring Boot", "app.jar", zipOf(t, "BOOT-INF/lib/lib-1.0.jar", lib, "META-INF/maven/g/boot/pom.properties",
			pom("g", "boot", "1")), []string{"maven|Maven|g:boot|1", "maven|Maven|org.x:lib|1.0"}},
		{"ear, war, jar", "app.ear", zipOf(t, "web.war", zipOf(t, "WEB-INF/lib/lib.jar", lib)),
			[]string{"maven|Maven|org.x:lib|1.0"}},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.path, c.content, c.want) })
	}
}

func TestGoldenPython(t *testing.T) {
	const info = "Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1.0\n\nVersion: 2\n"
	want := []string{"pypi|PyPI|foo-bar|1.0"}
	for _, path := range []string{
		"usr/lib/python3/dist-packages/foo_bar-1.0.egg-info", "usr/lib/python3/dist-packages/foo_bar-1.0.egg-info/PKG-INFO",
		"venv/lib/python3.12/site-packages/foo_bar-1.0.dist-info/METADATA", "x/foo.egg/EGG-INFO/PKG-INFO",
	} {
		t.Run(path, func(t *testing.T) { golden(t, path, info, want) })
	}
	t.Run("egg", func(t *testing.T) { golden(t, "foo_bar-1.0-py3.egg", zipOf(t, "EGG-INFO/PKG-INFO", info), want) })
}

// TestGoldenJavaNames: names that manifests, pom.xml and file names tell in other
// words than Maven Central.
func TestGoldenJavaNames(t *testing.T) {
	project := func(text string) string {
		return `<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">` + text + "</project>"
	}
	parent := "<parent><groupId>io.x</groupId><artifactId>parent</artifactId><version>3.8.1</version></parent>"
	for _, c := range []struct {
		name, file, manifest string
		files                []string
		want                 []string
	}{
		{"pom.xml with a parent", "a-3.8.1.jar", "", []string{
			"META-INF/maven/io.x/a/pom.xml", project(parent + "<artifactId>a</artifactId>"),
		}, []string{"io.x:a|3.8.1"}},
		{"pom.xml with a property, the version in the file name", "a-2.0.jar", "", []string{
			"META-INF/maven/io.x/a/pom.xml",
			project("<groupId>io.x</groupId><artifactId>a</artifactId><version>${revision}</version>"),
		}, []string{"io.x:a|2.0"}},
		{"pom.xml with a property, the version in the manifest", "a.jar", "Implementation-Version: 2.0", []string{
			"META-INF/maven/io.x/a/pom.xml", project("<artifactId>a</artifactId><version>${revision}</version>"),
		}, []string{"io.x:a|2.0"}},
		{"pom.xml of others that were shaded, with dependencies of their own", "a-1.jar", "", []string{
			"META-INF/maven/g/a/pom.properties", pom("g", "a", "1"),
			"META-INF/maven/g/a/pom.xml", project("<groupId>wrong</groupId><artifactId>a</artifactId><version>9</version>"),
			"META-INF/maven/g/b/pom.xml",
			project("<groupId>g</groupId><artifactId>b</artifactId><version>2</version><dependencies>" +
				"<dependency><groupId>no</groupId><artifactId>no</artifactId><version>7</version></dependency></dependencies>"),
		}, []string{"g:a|1", "g:b|2"}},
		{"a template is no pom.xml", "a-1.jar", "", []string{"archetype/pom.xml", project("<artifactId>no</artifactId>")},
			[]string{"a:a|1"}},
		{"symbolic name GROUP.ARTIFACT", "widget-1.0.jar",
			"Bundle-SymbolicName: org.acme.tools.widget\nBundle-Version: 1.0\nBundle-Name: W",
			nil, []string{"org.acme.tools:widget|1.0"}},
		{"symbolic name GROUP-ARTIFACT", "widget-1.0.jar",
			"Bundle-SymbolicName: org.acme-widget\nBundle-Version: 1.0\nBundle-Name: W",
			nil, []string{"org.acme:widget|1.0"}},
		{"module", "lz4-tool-1.0.jar",
			"Bundle-SymbolicName: lz4-tool\nBundle-Version: 1.0\nAutomatic-Module-Name: org.tools.lz4",
			nil, []string{"org.tools:lz4-tool|1.0"}},
		{"module that is no domain", "spring-context-support-5.3.17.jar", "Automatic-Module-Name: spring.context.support",
			nil, []string{"org.springframework:spring-context-support|5.3.17"}},
		{"Spring Boot's parts", "spring-boot-actuator-2.7.0.jar", "", nil,
			[]string{"org.springframework.boot:spring-boot-actuator|2.7.0"}},
		{"Tomcat's lib", "catalina.jar", "Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.83", nil,
			[]string{"org.apache.tomcat:tomcat-catalina|9.0.83"}},
		{"Jetty", "jetty-util-9.4.57.jar", "Bundle-SymbolicName: org.eclipse.jetty.util\nBundle-Version: 9.4.57", nil,
			[]string{"org.eclipse.jetty:jetty-util|9.4.57"}},
		{"Jetty 6", "jetty-6.1.26.jar", "", nil, []string{"org.mortbay.jetty:jetty|6.1.26"}},
		{"Groovy 3", "groovy-3.0.9.jar", "", nil, []string{"org.codehaus.groovy:groovy|3.0.9"}},
		{"Groovy 4", "groovy-json-4.0.1.jar", "", nil, []string{"org.apache.groovy:groovy-json|4.0.1"}},
		{"old commons", "commons-fileupload-1.3.jar",
			"Bundle-SymbolicName: org.apache.commons.fileupload\nBundle-Version: 1.3\nBundle-Name: F", nil,
			[]string{"commons-fileupload:commons-fileupload|1.3"}},
		{"new commons", "commons-text-1.9.jar", "", nil, []string{"org.apache.commons:commons-text|1.9"}},
		{"classifier bin", "mysql-connector-java-5.1.40-bin.jar", "", nil, []string{"mysql:mysql-connector-java|5.1.40"}},
		{"classifier of a platform", "netty-x-4.1.100.Final-linux-x86_64.jar", "", nil,
			[]string{"io.netty:netty-x|4.1.100.Final"}},
		{"a version that ends like a classifier", "guava-31.1-android.jar", "", nil,
			[]string{"com.google.guava:guava|31.1-android"}},
		{"group that is a path", "thing-1.0.jar",
			"Extension-Name: org/acme/thing/\nImplementation-Title: T\nImplementation-Version: 1.0\nName: t", nil,
			[]string{"org.acme:thing|1.0"}},
		{"sections of a manifest are not the main one", "thing-1.0.jar",
			"Bundle-SymbolicName: org.acme\nBundle-Name: thing\nBundle-Version: 1.0\n\n" +
				"Name: org/other/\nImplementation-Version: 7", nil,
			[]string{"org.acme:thing|1.0"}},
		{"Ant writes sections only", "old.jar", "Created-By: x\n\nName: org/acme/old\nImplementation-Title: old\n" +
			"Implementation-Version: 1.4\nImplementation-Vendor: org.acme", nil, []string{"org.acme:old|1.4"}},
		{"Derby's version for OSGi", "derby.jar",
			"Bundle-SymbolicName: derby\nBundle-Version: 10.16.1000001.1901046\nBundle-Name: D", nil,
			[]string{"org.apache.derby:derby|10.16.1.1"}},
		{"URL as vendor", "jackson-mapper-asl-1.9.13.jar",
			"Implementation-Vendor: http://fasterxml.com\nImplementation-Version: 1.9.13", nil,
			[]string{"org.codehaus.jackson:jackson-mapper-asl|1.9.13"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := append(
				[]string{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n" + c.manifest + "\n\n"},
				c.files...)
			var want []string
			for _, w := range c.want {
				want = append(want, "maven|Maven|"+w)
			}
			golden(t, "lib/"+c.file, zipOf(t, files...), want)
		})
	}
}
