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
